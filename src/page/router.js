// Which screen an address is, and going from one to another without loading the page anew.

import { useLayoutEffect, useState } from "./vendor/hooks.js";

// What stands for {id} is percent-decoded.
const ROUTES = [
  ["/", "jobs"],
  ["/new", "new"],
  ["/plans/{id}", "plan"],
  ["/audit", "audit"],
  ["/login", "login"],
  ["/jobs/{id}", "job"],
  ["/jobs/{id}/files", "files"],
  ["/jobs/{id}/errors", "errors"],
  ["/jobs/{id}/logs", "logs"],
  ["/jobs/{id}/report", "report"],
  ["/jobs/{id}/audit", "job_audit"],
];

// {screen, id, query} of a path such as "/jobs/may-1/errors?reason=blank".
export function routeOf(address) {
  const [path, query = ""] = address.split("?");
  const steps = path.split("/").filter(Boolean);
  for (const [pattern, screen] of ROUTES) {
    const wanted = pattern.split("/").filter(Boolean);
    if (wanted.length !== steps.length) continue;
    if (!wanted.every((step, i) => step === "{id}" || step === steps[i])) continue;
    const at = wanted.indexOf("{id}");
    return { screen, id: at < 0 ? null : decoded(steps[at]), query: Object.fromEntries(new URLSearchParams(query)) };
  }
  return { screen: "missing", id: null, query: {} };
}

function decoded(step) {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

export const jobHref = (id, part = "") => `/jobs/${encodeURIComponent(id)}${part && `/${part}`}`;
export const planHref = (id) => `/plans/${encodeURIComponent(id)}`;

const here = () => location.pathname + location.search;

export function go(address, { replace = false } = {}) {
  if (address === here()) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  dispatchEvent(new Event("went"));
  if (!replace) scrollTo(0, 0);
}

// The same screen with another query, which a reload shall find again.
export function setQuery(changes) {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  const text = query.toString();
  go(location.pathname + (text && `?${text}`), { replace: true });
}

export function useRoute() {
  const [route, setRoute] = useState(() => routeOf(here()));
  useLayoutEffect(() => {
    const follow = () => setRoute(routeOf(here()));
    addEventListener("popstate", follow);
    addEventListener("went", follow);
    return () => {
      removeEventListener("popstate", follow);
      removeEventListener("went", follow);
    };
  }, []);
  return route;
}

// Links to the page's own screens are followed here; with a key held, or to elsewhere, by the browser.
export function followLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='/']");
    const ours = link && !link.target && !link.hasAttribute("download") && !link.pathname.startsWith("/api/");
    if (!ours || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
