// What a person may have changed on a page, and whether they did.

export const FIELDS = "input:not([type=hidden], [type=submit], [type=button]), select, textarea";

/** Whether a field says something else than the server drew. */
export function isChanged(field) {
  if (field.localName === "select") {
    const options = [...field.options];
    return options.some((option) => option.defaultSelected)
      ? options.some((option) => option.selected !== option.defaultSelected)
      : field.multiple ? options.some((option) => option.selected) : field.selectedIndex > 0;
  }
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}
