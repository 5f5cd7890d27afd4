// The picture of a place among all, as `pictures.range_strip` draws it.

const SVG = "http://www.w3.org/2000/svg";

export function strip(count, low, high, place, alone) {
  const drawing = mark("svg", { class: "strip", width: "100%", height: 24, "aria-hidden": "true", focusable: "false" });
  drawing.append(mark("line", { class: "axis", x1: 0, x2: "100%", y1: 12, y2: 12 }));
  drawing.append(mark("line", { class: "middle", x1: "50%", x2: "50%", y1: 1, y2: 23 }));
  const width = percent((high - low + 1) / count);
  drawing.append(mark("rect", { class: "range", x: percent((low - 1) / count), y: 6, width, height: 12, rx: 3 }));
  if (alone && alone !== place) {
    drawing.append(mark("circle", { class: "ring", cx: percent((alone - 0.5) / count), cy: 12, r: 5 }));
  }
  if (place) {
    drawing.append(mark("circle", { class: "dot", cx: percent((place - 0.5) / count), cy: 12, r: 5 }));
  }
  return drawing;
}

function mark(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

const percent = (share) => `${Number((100 * share).toFixed(2))}%`;
