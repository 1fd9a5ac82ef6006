/** A video before and after, playing together, parted by a line that can be moved. The sound is that of the result. */

import { compare } from "./compare.js";
import { fill, h, set } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";

const APART_S = 0.08; // more than that, and one is put where the other is
const TICKS = 1000; // of the slider of times

/** @param {AbortSignal} ended */
export function player(ended) {
  const view = compare((side) => h("video", { class: side, playsinline: true, preload: "auto" }));
  const { before, after } = view;
  before.muted = true;
  const play = h("button", { type: "button", class: "round", onclick: () => (main().paused ? begin() : main().pause()) });
  const sound = h("button", { type: "button", class: "quiet", onclick: () => { main().muted = !main().muted; } });
  const at = h("input", { type: "range", min: 0, max: TICKS, step: 1, value: 0, "aria-label": "Time", oninput: () => seek((main().duration * at.value) / TICKS) });
  const time = h("span", { class: "muted number" });
  const note = h("p", { class: "note", hidden: true });
  const element = h("section", { class: "player", "aria-label": "Video" }, view.element, h("div", { class: "player-controls" }, play, at, time, sound), note);
  const shown = { before: /** @type {string | null} */ (null), after: /** @type {string | null} */ (null) };

  const main = () => (shown.after ? after : before);
  const both = () => [shown.before && before, shown.after && after].filter(Boolean);
  const begin = () => both().forEach((one) => one.play().catch(() => undefined));
  /** @param {number} seconds */
  const seek = (seconds) => both().forEach((one) => { one.currentTime = Number.isFinite(seconds) ? seconds : 0; });

  const draw = () => {
    const { paused, muted, duration, currentTime } = main();
    fill(play, icon(paused ? "play" : "pause"));
    play.setAttribute("aria-label", paused ? "Play" : "Pause");
    fill(sound, icon(muted ? "mute" : "loud"));
    sound.setAttribute("aria-label", muted ? "Sound on" : "Sound off");
    at.value = duration ? (TICKS * currentTime) / duration : 0;
    at.style.setProperty("--at", `${at.value / (TICKS / 100)}%`);
    at.setAttribute("aria-valuetext", `${clock(currentTime)} of ${clock(duration)}`);
    time.textContent = `${clock(currentTime)} / ${clock(duration)}`;
  };
  const together = () => {
    if (shown.before && shown.after && Math.abs(before.currentTime - after.currentTime) > APART_S && !before.seeking) before.currentTime = after.currentTime;
    draw();
  };
  for (const one of [before, after]) {
    for (const name of ["play", "pause", "seeked", "volumechange", "loadedmetadata", "durationchange"]) one.addEventListener(name, draw);
    one.addEventListener("timeupdate", together);
    one.addEventListener("loadedmetadata", () => one.videoHeight && element.style.setProperty("--ratio", String(one.videoWidth / one.videoHeight)));
    one.addEventListener("ended", () => both().forEach((each) => each.pause()));
    one.addEventListener("error", () => cannot(one === before ? "before" : "after"));
  }
  after.addEventListener("pause", () => shown.after && before.pause());

  /** @param {"before" | "after"} side */
  const cannot = (side) => {
    if (!shown[side]) return;
    shown[side] = null;
    say(side === "after" ? "This browser does not play the result; a downloaded one plays in other programs." : "This browser does not play the original.");
    view.show(shown.before, shown.after);
    element.classList.toggle("silent", !shown.before && !shown.after);
  };
  /** @param {string} words */
  const say = (words) => {
    note.hidden = !words;
    note.textContent = words;
  };
  /** @param {string | null} first @param {string | null} second URLs */
  const show = (first, second) => {
    const [was, playing] = [main().currentTime, !main().paused];
    Object.assign(shown, { before: first, after: second });
    say("");
    view.show(first, second);
    element.classList.toggle("silent", !first && !second);
    if (was) seek(was);
    if (playing) begin();
    draw();
  };

  ended.addEventListener("abort", () => [before, after].forEach((one) => {
    shown.before = shown.after = null;
    one.pause();
    set(one, { src: null });
    one.load();
  }));
  draw();
  return { element, show };
}
