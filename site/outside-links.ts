/** What of markdown-it is needed here. */
interface Markdown {
  core: { ruler: { push(name: string, rule: (state: State) => void): void } }
}
interface State {
  readonly env: { readonly relativePath?: string; readonly path?: string }
  readonly tokens: readonly { readonly children: Token[] | null }[]
}
interface Token {
  type: string
  attrGet(name: string): string | null
  attrSet(name: string, value: string): void
}

/**
 * Links from pages to other files of the repository: to where `repository` shows them
 * (`https://example.org/holon/blob/main/`), or to nothing, as plain text, where it is not known.
 */
export function outsideLinks(markdown: Markdown, repository: string | undefined): void {
  markdown.core.ruler.push('outside_links', ({ env, tokens }) => {
    const depth = (env.relativePath ?? '').split('/').length - 1
    for (const { children } of tokens) if (children !== null) mend(children, depth, repository)
  })
}

function mend(tokens: Token[], depth: number, repository: string | undefined): void {
  let unlinked = false
  for (const token of tokens) {
    const path = token.type === 'link_open' ? outsidePath(token.attrGet('href') ?? '', depth) : undefined
    if (path !== undefined && repository !== undefined) token.attrSet('href', `${repository}${path}`)
    if (path !== undefined && repository === undefined) unlinked = true
    if (unlinked && token.type.startsWith('link_')) {
      if (token.type === 'link_close') unlinked = false
      token.type = 'text'
    }
  }
}

/** The path from the root of the repository, if the link leads out of the folder of pages. */
function outsidePath(href: string, depth: number): string | undefined {
  const ups = /^(\.\.\/)+/.exec(href)?.[0] ?? ''
  return ups.length / 3 > depth ? href.slice(ups.length) : undefined
}
