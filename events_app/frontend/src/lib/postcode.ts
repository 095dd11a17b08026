import { fetchJson, first } from "./dom";

/** Postcode → place, district and coalfield beside the field; where a postcode lies in several districts, a choice of them appears. */
type Place = { place: string; district: string; district_name: string; region?: string };

export function watchPostcode(frame: HTMLElement): void {
  const input = first("input", HTMLInputElement, frame);
  if (!input) return;
  let asked = "";
  const look = async (): Promise<void> => {
    const postcode = input.value.trim();
    if (postcode === asked) return;
    asked = postcode;
    if (!/^\d{5}$/.test(postcode)) return show(frame, undefined);
    const places = await fetchJson<Place[]>(
      `${frame.dataset["postcode"] ?? ""}${postcode}?lang=${document.documentElement.lang}`,
    );
    if (asked === postcode) show(frame, places ?? []);
  };
  input.addEventListener("input", () => void look());
  input.addEventListener("change", () => void look());
  if (input.value) void look();
}

function show(frame: HTMLElement, places: Place[] | undefined): void {
  const output = first("[data-postcode-place]", HTMLOutputElement, frame);
  if (output) output.value = words(places, output.dataset["unknown"] ?? "");
  const select = first("[data-postcode-district]", HTMLSelectElement, frame);
  if (select) offer(select, new Map((places ?? []).map((place) => [place.district, place.district_name])));
}

function words(places: Place[] | undefined, unknown: string): string {
  if (!places) return "";
  const names = [...new Set(places.map((place) => place.place))];
  if (names.length === 0) return unknown;
  if (names.length > 3) return `${names.slice(0, 3).join(", ")} …`;
  const oneDistrict = new Set(places.map((place) => place.district)).size === 1;
  return [...names, oneDistrict ? places[0]?.region : ""].filter(Boolean).join(", ");
}

function offer(select: HTMLSelectElement, districts: Map<string, string>): void {
  const chosen = select.value;
  const prompt = select.options[0];
  select.replaceChildren(...(prompt ? [prompt] : []), ...[...districts].map(([id, name]) => new Option(name, id)));
  select.value = districts.has(chosen) ? chosen : districts.size === 1 ? ([...districts.keys()][0] ?? "") : "";
  const choice = select.closest<HTMLElement>("[data-postcode-choice]");
  if (choice) choice.hidden = districts.size < 2;
}
