// What is drawn over the picture: the frame to aim into, and every code that was read.

const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Draws over the picture of a video; `onChoose(code)` is called with a code that was touched. */
export class Marks {
  constructor(onChoose) {
    this.svg = shape("svg", { class: "camera-dock__marks", "aria-hidden": "true", viewBox: "0 0 1280 720", preserveAspectRatio: "xMidYMid slice" });
    this.aim = shape("path", { class: "camera-dock__aim" });
    this.codes = shape("g", {});
    this.svg.append(this.aim, this.codes);
    this.svg.addEventListener("click", (event) => {
      const place = [...this.codes.children].indexOf(event.target);
      if (place >= 0 && this.drawn[place].isChoice) onChoose(this.drawn[place].code);
    });
  }

  /** Fit the drawing to a picture of so many pixels. */
  fit(width, height) {
    if (this.width === width && this.height === height) return;
    Object.assign(this, { width, height });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [side, high] = [Math.min(width, height * 1.6) * 0.6, height * 0.5];
    const [left, top, arm] = [(width - side) / 2, (height - high) / 2, high * 0.22];
    const corner = (x, y, dx, dy) => `M${x + dx * arm} ${y}H${x}V${y + dy * arm}`;
    this.aim.setAttribute("d", [corner(left, top, 1, 1), corner(left + side, top, -1, 1), corner(left, top + high, 1, -1), corner(left + side, top + high, -1, -1)].join(""));
  }

  /** Draw `codes` (of a Verdict); those of `choices` can be touched. */
  draw(codes, choices) {
    this.drawn = codes.map((code) => ({ code, isChoice: choices.some(({ key }) => key === code.key) }));
    this.codes.replaceChildren(
      ...this.drawn.map(({ code, isChoice }) => {
        const points = code.corners.map(({ x, y }) => `${Math.round(x * this.width)},${Math.round(y * this.height)}`).join(" ");
        return shape("polygon", { points, "data-state": isChoice ? "choice" : code.isTaken ? "taken" : "seen" });
      }),
    );
  }
}
