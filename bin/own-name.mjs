// In a clone: the package's own name stands for its sources, also in files that lie elsewhere.

const source = new URL('../src/index.ts', import.meta.url).href

/** @type {import('node:module').ResolveHook} */
export function resolve(specifier, context, next) {
  return next(specifier === 'retool-rl' ? source : specifier, context)
}
