// JSON Patch (RFC 6902), as far as the server's events need it: add, remove, replace. Pure.

// The document after the patch. What the patch does not name is shared with the one before, so that
// an unchanged part is recognised by identity.
export function applyPatch(document, operations) {
  return operations.reduce(applyOne, document);
}

function applyOne(document, { op, path, value }) {
  const steps = path.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return changed(document, steps, op, value);
}

function changed(node, [step, ...rest], op, value) {
  if (step === undefined) return value;
  if (node === null || typeof node !== "object") throw new Error(`patch: nothing is at ${step}`);
  const copy = Array.isArray(node) ? [...node] : { ...node };
  if (rest.length > 0) {
    if (!(step in copy)) throw new Error(`patch: nothing is at ${step}`);
    copy[step] = changed(copy[step], rest, op, value);
  } else if (Array.isArray(copy)) {
    changeItem(copy, step, op, value);
  } else if (op === "remove") {
    delete copy[step];
  } else {
    copy[step] = value;
  }
  return copy;
}

function changeItem(list, step, op, value) {
  const at = step === "-" ? list.length : Number(step);
  if (!Number.isInteger(at) || at < 0 || at > list.length) throw new Error(`patch: no item ${step}`);
  if (op === "add") list.splice(at, 0, value);
  else if (op === "remove") list.splice(at, 1);
  else list[at] = value;
}
