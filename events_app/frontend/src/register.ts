/** Forms with rows, postcodes, occupations: registration and profile. Without this script every one of them still works. */
import { watchCombobox } from "./lib/combobox";
import { watchConditions } from "./lib/conditions";
import { all } from "./lib/dom";
import { keepForm } from "./lib/keep";
import { watchPostcode } from "./lib/postcode";
import { watchProofOfWork } from "./lib/pow";
import { watchQuestions } from "./lib/questions";
import { makeRows, watchRepeats } from "./lib/repeat";
import { watchSwaps } from "./lib/swap";
import { watchTopics } from "./lib/topics";

function enhance(root: ParentNode): void {
  all("[data-postcode]", HTMLElement, root).forEach(watchPostcode);
  all("[data-combobox]", HTMLElement, root).forEach(watchCombobox);
  all("[data-topics]", HTMLElement, root).forEach(watchTopics);
}

for (const form of all("form", HTMLFormElement)) {
  watchRepeats(form, enhance);
  watchSwaps(form, enhance);
  if (form.matches("[data-keep]")) keepForm(form, (of, list, indices) => makeRows(of, list, indices, enhance));
  if (form.matches("[data-pow]")) watchProofOfWork(form);
  watchConditions(form);
}
enhance(document);
all('[data-repeat-list="questions"]', HTMLElement).forEach(watchQuestions);
