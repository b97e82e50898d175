/** What a browser or program calls itself, in plain words. */
import { S } from "../strings";

export interface Device {
  name: string;
  kind: "phone" | "tablet" | "computer" | "program";
}

/** The first that fits counts: many name others beside themselves. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(A|iOS)?\//, "Edge"],
  [/\b(OPR|OPT|OPX)\//, "Opera"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bDuckDuckGo\/|\bDdg\//, "DuckDuckGo"],
  [/\b(Firefox|FxiOS|Focus)\//, "Firefox"],
  [/(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: [RegExp, string, Device["kind"]][] = [
  [/\biPhone\b|\biPod\b/, "iPhone", "phone"],
  [/\biPad\b/, "iPad", "tablet"],
  [/\bAndroid\b.*\bMobile\b/, "Android", "phone"],
  [/\bAndroid\b/, "Android", "tablet"],
  [/\bCrOS\b/, "ChromeOS", "computer"],
  [/\bWindows\b/, "Windows", "computer"],
  [/\bMac(intosh| OS X)\b/, "Mac", "computer"],
  [/\bLinux\b|\bX11\b|BSD\b/, "Linux", "computer"],
];

/** The device of a User-Agent header; a program by the name that it has for itself. */
export function deviceOf(label: string): Device {
  const browser = BROWSERS.find(([pattern]) => pattern.test(label))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(label));
  if (browser && system) return { name: S.browserOn(browser, system[1]), kind: system[2] };
  const program = /^(?!Mozilla\/)([^\s/(;]{1,60})/.exec(label)?.[1];
  if (program) return { name: program, kind: "program" };
  return { name: browser ?? system?.[1] ?? S.unknownDevice, kind: system?.[2] ?? "computer" };
}
