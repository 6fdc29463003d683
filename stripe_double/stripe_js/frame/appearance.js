/** What a theme begins with. @type {Record<string, Record<string, string>>} */
const THEMES = {
  stripe: {
    colorPrimary: "#0570de",
    colorBackground: "#ffffff",
    colorText: "#30313d",
    colorDanger: "#d0163b",
    borderRadius: "5px",
    border: "#d5d9e0",
  },
  night: {
    colorPrimary: "#85d996",
    colorBackground: "#30313d",
    colorText: "#ffffff",
    colorDanger: "#ff9db2",
    borderRadius: "5px",
    border: "#565a66",
  },
  flat: {
    colorPrimary: "#0570de",
    colorBackground: "#f1f1f1",
    colorText: "#30313d",
    colorDanger: "#c20f33",
    borderRadius: "4px",
    border: "transparent",
  },
  none: {
    colorPrimary: "#0570de",
    colorBackground: "transparent",
    colorText: "#000000",
    colorDanger: "#c20f33",
    borderRadius: "0",
    border: "#767676",
  },
};
const VARIABLES = [
  "colorPrimary",
  "colorBackground",
  "colorText",
  "colorDanger",
  "fontFamily",
  "fontSizeBase",
  "borderRadius",
  "spacingUnit",
  "border",
];

/** @param {any} appearance theme and variables; its rules are not for the double */
function showAppearance({ theme = "stripe", variables = {} } = {}) {
  const values = {
    fontFamily: "system-ui, sans-serif",
    fontSizeBase: "16px",
    spacingUnit: "4px",
    ...(THEMES[theme] ?? THEMES.stripe),
    ...variables,
  };
  for (const name of VARIABLES) document.documentElement.style.setProperty(`--${name}`, values[name]);
}

/** The look of a card's element, which is its container's but for the text. @param {any} style */
function showStyle({ base = {}, invalid = {} } = {}) {
  const values = {
    colorText: base.color ?? "#32325d",
    fontFamily: base.fontFamily ?? "system-ui, sans-serif",
    fontSizeBase: base.fontSize ?? "16px",
    colorDanger: invalid.color ?? "#c20f33",
    colorPlaceholder: base["::placeholder"]?.color ?? "#6a7383",
  };
  for (const [name, value] of Object.entries(values)) document.documentElement.style.setProperty(`--${name}`, value);
}
