"""Questions to a page in the browser, as JavaScript; each answers with a list of what is wrong."""

from __future__ import annotations

# What stands out to the right of the page, and text that stands out of its drawing.
OVERFLOWING = """() => {
  const out = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) out.push('the page scrolls sideways');
  const within = (outer, inner) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1
    && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  for (const card of document.querySelectorAll('.sm-card'))
    for (const part of card.querySelectorAll('*'))
      if (part.getClientRects().length && !within(card.getBoundingClientRect(), part.getBoundingClientRect()))
        out.push('out of its card: ' + part.outerHTML.slice(0, 80));
  for (const text of document.querySelectorAll('svg text')) {
    const drawing = text.ownerSVGElement.getBoundingClientRect();
    if (text.getClientRects().length && !within(drawing, text.getBoundingClientRect()))
      out.push('out of its drawing: ' + text.textContent);
  }
  return out;
}"""

# Labels of one drawing that lie over each other.
COLLIDING = """() => {
  const out = [];
  for (const svg of document.querySelectorAll('.sm-chart')) {
    const labels = [...svg.querySelectorAll('text')].filter(text => text.getClientRects().length);
    labels.forEach((one, number) => labels.slice(number + 1).forEach(other => {
      const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0 && down > 4) out.push(one.textContent + ' over ' + other.textContent);
    }));
  }
  return out;
}"""

# What a finger is to meet and would miss: less than 44 pixels high or wide, or under something else.
TOO_LITTLE = """() => [...document.querySelectorAll('a, label')].filter(part => part.getClientRects().length)
  .flatMap(part => {
    const { width, height, left, right, top, bottom } = part.getBoundingClientRect();
    const told = `${part.textContent}: ${width} x ${height}`;
    if (height < 44 || width < 44) return [told];
    part.scrollIntoView({ block: 'center' });
    const now = part.getBoundingClientRect();
    const met = [now.top + 2, now.bottom - 2].map(y => document.elementFromPoint((now.left + now.right) / 2, y));
    return met.every(each => part.contains(each)) ? [] : [told + ' is covered'];
  })"""

# Text that comes out smaller than nine pixels, drawings included, which shrink with their place.
TOO_SMALL = """() => [...document.querySelectorAll('.sm *')]
  .filter(part => part.getClientRects().length)
  .filter(part => [...part.childNodes].some(node => node.nodeType == 3 && node.data.trim()))
  .map(part => {
    const svg = part.ownerSVGElement;
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    return [parseFloat(getComputedStyle(part).fontSize) * scale, part.textContent];
  })
  .filter(([size]) => size < 9)"""

# Text and lines without enough contrast to what they stand on (WCAG 2.2: 4.5 for text, 3 for what is drawn).
TOO_FAINT = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = colour => {
    const [r, g, b] = colour.map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const opacity = part => part ? getComputedStyle(part).opacity * opacity(part.parentElement) : 1;
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const ground = part => {
    for (let at = part; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour != 'rgba(0, 0, 0, 0)') return parts(colour);
    }
    return [255, 255, 255];
  };
  const out = [];
  const check = (part, colour, least) => {
    const behind = ground(part), through = opacity(part);
    const seen = parts(colour).map((value, channel) => value * through + behind[channel] * (1 - through));
    const reached = contrast(seen, behind);
    if (reached < least) out.push(`${part.getAttribute('class')}: ${reached.toFixed(2)}`);
  };
  const shown = selector => [...document.querySelectorAll(selector)].filter(part => part.getClientRects().length);
  for (const part of shown('.sm p, .sm span, .sm small, .sm a, .sm b, .sm h3'))
    check(part, getComputedStyle(part).color, 4.5);
  for (const part of shown('svg text')) check(part, getComputedStyle(part).fill, 4.5);
  for (const part of shown('.sm-t, .sm-s, .sm-h')) check(part, getComputedStyle(part).stroke, 3);
  return [...new Set(out)];
}"""

# Not what is wrong, but what is there: pixels of line, and around heating, in each drawing.
DRAWN = """() => [...document.querySelectorAll('.sm-chart')].filter(svg => svg.getClientRects().length).map(svg => {
  const marks = { temperature: '.sm-t', setpoint: '.sm-s', humidity: '.sm-h', heating: '.sm-heat' };
  const length = selector => [...svg.querySelectorAll(selector)].reduce((sum, path) => sum + path.getTotalLength(), 0);
  return Object.fromEntries(Object.entries(marks).map(([name, selector]) => [name, length(selector)]));
})"""

# The colours of a picture, the one of its corner first.
PIXELS = """async picture => {
  const image = document.querySelector('img'), canvas = document.querySelector('canvas').getContext('2d');
  image.src = picture;
  await image.decode();
  canvas.drawImage(image, 0, 0);
  const data = canvas.getImageData(0, 0, 700, 330).data, colours = new Set();
  for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 3).join());
  return [...colours].map(colour => colour.split(',').map(Number));
}"""
