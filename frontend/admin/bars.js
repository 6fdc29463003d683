/** Stacked bars, one for each day. Their numbers stand in a table beside them, so a screen reader is told of that alone. */
import { element, shape } from "./elements.js";
import { day } from "../format.js";

const HEIGHT = 100;
const STEP = 10;
const WIDTH = 8;

/**
 * @param {string[]} days
 * @param {{title: string, told: (value: number) => string, series: import("./stats.js").Series[]}} shown
 */
export function bars(days, { title, told, series }) {
  const heights = days.map((on) => series.reduce((sum, each) => sum + each.of(on), 0));
  const most = Math.max(...heights, 1);
  const scale = HEIGHT / most;
  const grid = [0, 0.5, 1].map((part) => shape("path", { class: "grid", d: `M0 ${HEIGHT * part}H${days.length * STEP}` }));
  const columns = days.map((on, at) => {
    let top = HEIGHT;
    const parts = series.map(({ key, name, of }) => {
      const height = of(on) * scale;
      top -= height;
      const label = shape("title", {}, `${day(on)}, ${name}: ${told(of(on))}`);
      return height && shape("rect", { class: key, x: at * STEP + 1, y: top, width: WIDTH, height }, label);
    });
    return shape("g", {}, parts.filter(Boolean));
  });
  const size = { viewBox: `0 0 ${days.length * STEP} ${HEIGHT}`, preserveAspectRatio: "none" };
  const label = `${title} by day; the table below has the numbers`;
  return element(
    "figure",
    { class: "card" },
    element("figcaption", {}, element("span", {}, title), element("span", { class: "soft" }, `up to ${told(most)} a day`)),
    shape("svg", { class: "bars", role: "img", "aria-label": label, ...size }, grid, columns),
    element("p", { class: "ends soft" }, element("span", {}, day(days[0])), element("span", {}, day(days.at(-1)))),
    element("ul", { class: "legend" }, series.map(({ key, name }) => element("li", { class: key }, name))),
  );
}
