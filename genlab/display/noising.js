// How much of a noised point is signal: what the modules on diffusion in the plane share.
// `genlab.display.modules.source` puts it after common.js, before the modules that need it.

// ᾱ at a time u between 0 and 1: the cosine rule, bounded away from 0.
export function signal(u) {
  return Math.max(1e-4, Math.cos(((u + 0.008) / 1.008) * Math.PI / 2) ** 2 / Math.cos(0.008 / 1.008 * Math.PI / 2) ** 2);
}
