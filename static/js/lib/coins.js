// What coins and notes come to, in whole thousandths, so that no float is added up.

/** The sum of `[value of one, how many typed]` as a decimal string; what is no whole number counts as none. */
export function counted(pieces) {
  const thousandths = pieces.reduce((sum, [value, typed]) => {
    const many = /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : 0;
    return sum + Math.round(Number(value) * 1000) * many;
  }, 0);
  return (thousandths / 1000).toFixed(3);
}
