import { all } from "./dom";

/**
 * Parts of a form that are there only while another field has a certain value: `data-show-if` names the field,
 * `data-show-value` the value. What is hidden counts as unanswered, so chains fold up; the server drops what was
 * answered in hidden parts. `data-condition` says the same in words, for pages without this script.
 */
export function watchConditions(form: HTMLFormElement): void {
  const settle = (): void => settleConditions(form);
  form.addEventListener("input", settle);
  form.addEventListener("change", settle);
  settle();
}

function settleConditions(form: HTMLFormElement): void {
  for (const words of all("[data-condition]", HTMLElement, form)) words.hidden = true;
  for (const part of all("[data-show-if]", HTMLElement, form)) {
    const wanted = part.dataset["showValue"] ?? "";
    part.hidden = !answersTo(form, part.dataset["showIf"] ?? "").some((answer) => isSame(answer, wanted));
  }
}

function answersTo(form: HTMLFormElement, name: string): string[] {
  return all(`[name="${CSS.escape(name)}"]`, HTMLElement, form)
    .filter((field) => field.closest("[data-show-if][hidden]") === null)
    .flatMap((field) => {
      if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) return field.checked ? [field.value] : [];
      return "value" in field ? [String(field.value)] : [];
    });
}

/** Numbers are the same however they are written. */
function isSame(answer: string, wanted: string): boolean {
  const [left, right] = [answer.trim(), wanted.trim()];
  return left === right || (left !== "" && right !== "" && numberIn(left) === numberIn(right));
}

const numberIn = (text: string): number => Number(text.replace(",", "."));
