import { defineConfig, type UserConfig } from 'vitepress'

import { outsideLinks } from '../outside-links.ts'
import { copyPages } from '../page-copies.ts'
import { pagesAsOwn } from '../pages-as-own.ts'
import { navigation, pagesFolder } from '../pages.ts'

const base = process.env['SITE_BASE'] ?? '/'

const config: UserConfig = defineConfig({
  title: 'Holon',
  description: 'Microservices for TypeScript: the same services in one process, in many, or on many machines.',
  lang: 'en',
  // No icon, instead of a request for one that is not there.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  base,
  srcDir: pagesFolder,
  // The index is README.md wherever the pages are read as files.
  rewrites: { 'README.md': 'index.md', 'decisions/README.md': 'decisions/index.md' },
  markdown: { config: (markdown) => outsideLinks(markdown, process.env['SITE_REPOSITORY']) },
  // A page that leads nowhere ends the build; the anchors are held by `npm run verify -- docs`.
  ignoreDeadLinks: false,
  vite: { plugins: [pagesAsOwn()] },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: navigation(),
    outline: [2, 3],
    docFooter: { prev: 'Before', next: 'Next' },
  },
  buildEnd: ({ outDir }) => copyPages(outDir, base),
})

export default config
