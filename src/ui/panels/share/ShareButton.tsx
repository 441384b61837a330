// The slot in the header for sharing; empty until a link can carry a run.
export function ShareButton() {
  return null;
}
