import { join } from 'node:path'

/** What of a plugin of Vite is needed here. */
interface OwnPages {
  readonly name: string
  readonly enforce: 'pre'
  resolveId(this: Resolver, source: string, importer: string | undefined, options: { readonly ssr?: boolean }): unknown
}
interface Resolver {
  resolve(source: string, importer: string, options: { readonly skipSelf: true }): Promise<unknown>
}

/** Pages lie outside of this folder, and find the packages of it all the same: what they import is looked for from here. */
export function pagesAsOwn(): OwnPages {
  return {
    name: 'pages-as-own',
    enforce: 'pre',
    resolveId(source, importer, { ssr }) {
      // What renders pages in Node is loaded there, not bundled: Vite looks for it from the pages' folder only.
      if (ssr === true && /^@?vue(\/|$)/.test(source)) return { id: source, external: true }
      if (!/^[a-z@]/.test(source) || importer?.includes('.md') !== true) return undefined
      return this.resolve(source, join(import.meta.dirname, 'package.json'), { skipSelf: true })
    },
  }
}
