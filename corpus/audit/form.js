"use strict";
// Save the verdicts as the CSV that `corpus review` takes back.
const quoted = (text) => '"' + text.replaceAll('"', '""') + '"';
document.getElementById("save").addEventListener("click", () => {
  const lines = ["record,content_hash,sample,stratum,verdict"];
  let said = 0;
  for (const one of document.querySelectorAll("fieldset")) {
    const chosen = one.querySelector("input:checked");
    said += chosen !== null;
    const values = [one.dataset.record, one.dataset.hash, one.dataset.sample, one.dataset.stratum, chosen ? chosen.value : ""];
    lines.push(values.map(quoted).join(","));
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
  link.download = "verdicts.csv";
  link.click();
  document.getElementById("said").textContent = said + " of " + (lines.length - 1) + " have a verdict";
});
