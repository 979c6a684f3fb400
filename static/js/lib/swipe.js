// A finger that moves sideways over a row, or up and down on a handle. Whatever it does has a button too.

const LEAST = 72; // px: less is a tap that slipped
const MOST_ACROSS = 36;
const NO_START = "input, select, textarea";

/**
 * Hear fingers on the rows of `list` that match `selector`: `left(row)` and `right(row)` after a swipe that way. Rows take
 * `touch-action: pan-y`, so the page still scrolls under the finger. The row follows the finger; nothing else moves.
 */
export function onSwipe(list, selector, { left, right }, { signal } = {}) {
  let from = null;
  const back = () => {
    from?.row.style.removeProperty("transform");
    from = null;
  };
  listen(list, signal, {
    pointerdown(event) {
      const row = event.target.closest(selector);
      if (event.pointerType === "mouse" || !event.isPrimary || !row || event.target.closest(NO_START)) return;
      from = { row, x: event.clientX, y: event.clientY, id: event.pointerId };
    },
    pointermove(event) {
      if (event.pointerId !== from?.id) return;
      const across = Math.abs(event.clientY - from.y);
      const way = event.clientX - from.x;
      if (across > MOST_ACROSS && Math.abs(way) < LEAST) back();
      else if (Math.abs(way) > 8) from.row.style.setProperty("transform", `translateX(${Math.min(way, LEAST)}px)`);
    },
    pointerup(event) {
      if (event.pointerId !== from?.id) return;
      const { row, x } = from;
      const way = event.clientX - x;
      back();
      if (Math.abs(way) < LEAST) return;
      (way < 0 ? left : right)(row);
      quiet(list); // not before: a row may be told by a press of its button
    },
    pointercancel: back,
  });
}

/** Hear a finger that goes up or down on a handle: `act("up")`, `act("down")`. The handle takes `touch-action: none`. */
export function onSwipeUpDown(handle, act, { signal } = {}) {
  let from = null;
  listen(handle, signal, {
    pointerdown(event) {
      from = event.pointerType === "mouse" ? null : { y: event.clientY, id: event.pointerId };
    },
    pointerup(event) {
      if (event.pointerId !== from?.id) return;
      const way = event.clientY - from.y;
      from = null;
      if (Math.abs(way) < LEAST / 2) return;
      quiet(handle);
      act(way < 0 ? "up" : "down");
    },
    pointercancel: () => (from = null),
  });
}

function listen(target, signal, listeners) {
  for (const [type, listener] of Object.entries(listeners)) target.addEventListener(type, listener, { signal });
}

/** The click that a browser makes of the end of a swipe is none. */
function quiet(target) {
  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  target.addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => target.removeEventListener("click", stop, { capture: true }), 50);
}
