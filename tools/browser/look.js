'use strict';
// What visit.go measures in the page.

// rgb returns red, green, blue from 0 to 1, and the opacity of a computed color.
function rgb(color) {
  const n = (color.match(/[\d.]+/g) || []).map(Number);
  if (n.length < 3) return [0, 0, 0, 0];
  return [n[0] / 255, n[1] / 255, n[2] / 255, n.length > 3 ? n[3] : 1];
}

// luminance as in https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
function luminance([r, g, b]) {
  const f = c => c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
  return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
}

function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

// behind returns the color behind an element of HTML: that of the closest ancestor that has one.
function behind(e) {
  for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c;
  }
  return [1, 1, 1, 1];
}

// behindText returns the color behind a text of a picture: that of the last rectangle before it that it is on.
function behindText(e) {
  const at = e.getBoundingClientRect();
  const x = at.left + at.width / 2, y = at.top + at.height / 2;
  let color = behind(e.ownerSVGElement.parentElement);
  for (const r of e.ownerSVGElement.querySelectorAll('rect')) {
    const b = r.getBoundingClientRect();
    const style = getComputedStyle(r);
    if (r.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING && Number(style.fillOpacity) === 1 &&
        x >= b.left && x <= b.right && y >= b.top && y <= b.bottom) color = rgb(style.fill);
  }
  return color;
}

function faint() {
  const out = [];
  for (const e of document.body.querySelectorAll('*')) {
    const own = [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.data).join('').trim();
    if (!own || !e.checkVisibility({contentVisibilityAuto: true}) || ['title', 'desc', 'style'].includes(e.localName)) continue;
    const svg = e.namespaceURI.endsWith('svg');
    const style = getComputedStyle(e);
    const ratio = contrast(rgb(svg ? style.fill : style.color), svg ? behindText(e) : behind(e));
    if (ratio < 4.5) out.push(ratio.toFixed(2) + ' ' + e.localName + ' ' + own.slice(0, 60));
  }
  return out;
}

function look() {
  const shown = e => e.checkVisibility({contentVisibilityAuto: true});
  const pictures = [...document.querySelectorAll('svg')];
  const boxes = selector => [...document.querySelectorAll(selector)].filter(shown).map(e => {
    const b = e.getBoundingClientRect();
    return {Left: b.left + scrollX, Top: b.top + scrollY, Width: b.width, Height: b.height};
  });
  return {
    Width: document.documentElement.scrollWidth, Window: document.documentElement.clientWidth,
    Background: getComputedStyle(document.body).backgroundColor, Faint: faint(),
    Errors: boxes('.problems li:has(.bad)'), Broken: boxes('rect.box-bad'),
    Pictures: pictures.length, Shown: pictures.filter(shown).length,
  };
}

function active() {
  const out = [];
  for (const e of document.querySelectorAll('*')) {
    if (['script', 'iframe', 'object', 'embed', 'img', 'image', 'use', 'foreignobject', 'form', 'base'].includes(e.localName.toLowerCase())) {
      out.push(e.localName);
    }
    for (const a of e.attributes) {
      const link = ['href', 'src', 'xlink:href', 'action', 'srcset'].includes(a.name);
      if (a.name.startsWith('on') || a.name === 'style' || link && !a.value.startsWith('#') && a.value !== 'data:,') {
        out.push(e.localName + ' ' + a.name + '=' + a.value);
      }
    }
  }
  return out;
}

function headings() {
  return [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(e => e.localName.slice(1) + ' ' + e.textContent.trim().replace(/\s+/g, ' '));
}

function tab() {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  return {
    Element: e.tagName.toUpperCase(), Text: (e.getAttribute('aria-label') || e.textContent).trim().replace(/\s+/g, ' ').slice(0, 80),
    Outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  };
}

// closeAll closes all details, and gives the focus to the first link to something in one of them.
function closeAll() {
  for (const d of document.querySelectorAll('details')) d.open = false;
  for (const a of document.querySelectorAll('a[href^="#"]')) {
    const to = document.getElementById(a.getAttribute('href').slice(1));
    if (to && to.closest('details')) {
      a.focus();
      return true;
    }
  }
  return false;
}

// followed returns the name of what a link led to, once it is in view.
function followed() {
  const to = document.querySelector(':target');
  if (!to || !to.checkVisibility({contentVisibilityAuto: true})) return '';
  const b = to.getBoundingClientRect();
  return b.top >= -1 && b.top < innerHeight ? to.closest('details').querySelector('summary').textContent.trim() : '';
}
