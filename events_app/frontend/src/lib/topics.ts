/**
 * A long grouped choice in two short steps: first the topic, then what belongs to it. The select with its groups stays
 * the field that is sent; without this script it is used as it is.
 */
export function watchTopics(frame: HTMLElement): void {
  const field = frame.querySelector<HTMLSelectElement>("select[data-topics-form]");
  const groups = [...(field?.querySelectorAll("optgroup") ?? [])];
  if (!field || groups.length < 2 || frame.dataset["topics"] === "ready") return;
  frame.dataset["topics"] = "ready";
  const topic = topicField(field, groups.map((group) => group.label));
  const show = (): void => {
    for (const group of groups) group.remove();
    const chosen = groups.find((group) => group.label === topic.value);
    if (chosen) field.append(chosen);
    field.disabled = false;
    field.closest<HTMLElement>(".field")!.hidden = !chosen;
  };
  topic.value = groups.find((group) => group.querySelector("option[selected]"))?.label ?? "";
  topic.addEventListener("change", () => {
    field.value = "";
    show();
  });
  show();
  if (!topic.value) moveError(field, topic);
}

/** Without a topic the field is not there: what is wrong with it stands at the topic, and the list of errors leads there. */
function moveError(field: HTMLSelectElement, topic: HTMLSelectElement): void {
  const error = field.closest(".field")?.querySelector(".field-error");
  if (!error) return;
  topic.before(error);
  topic.setAttribute("aria-invalid", "true");
  topic.setAttribute("aria-describedby", error.id);
  document.querySelector(`a[href="#${CSS.escape(field.id)}"]`)?.setAttribute("href", `#${topic.id}`);
}

function topicField(field: HTMLSelectElement, topics: string[]): HTMLSelectElement {
  const own = document.createElement("div");
  own.className = "field";
  const label = document.createElement("label");
  label.textContent = field.dataset["topicsLabel"] ?? "";
  const select = document.createElement("select");
  select.className = "input";
  select.id = `${field.id}-topic`;
  label.htmlFor = select.id;
  select.append(new Option(field.dataset["topicsPrompt"] ?? "", ""), ...topics.map((topic) => new Option(topic, topic)));
  own.append(label, select);
  field.closest(".field")?.before(own);
  return select;
}
