// GTINs: the numbers under the bars of retail goods.

const DIGITS = /^[0-9]+$/;
const LENGTHS = [8, 12, 13, 14];

/** The GS1 check digit of a number without it. */
export function checkDigit(digits) {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    sum += Number(digits[digits.length - 1 - place]) * (place % 2 ? 1 : 3);
  }
  return (10 - (sum % 10)) % 10;
}

/** Whether the text is a GTIN-8, -12, -13 or -14 with the right check digit; all zeros is none. */
export function isGtin(code) {
  return DIGITS.test(code) && LENGTHS.includes(code.length) && /[1-9]/.test(code) && checkDigit(code.slice(0, -1)) === Number(code.at(-1));
}

/** The form in which the registry keeps a code: a GTIN as 14 digits, anything else without blanks around it. */
export function normalise(typed) {
  const code = typed.trim();
  return isGtin(code) ? code.padStart(14, "0") : code;
}
