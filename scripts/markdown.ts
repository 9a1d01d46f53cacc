import GithubSlugger from 'github-slugger'

/** A fenced block. `info` is what follows the fence: `ts`, `json`, `ts ignore: why`. `line` is that of its first line. */
export interface Snippet {
  readonly info: string
  readonly code: string
  readonly line: number
}

export interface Mention {
  readonly target: string
  readonly line: number
}

/** What the docs check needs of a Markdown page. */
export interface Page {
  readonly snippets: readonly Snippet[]
  readonly links: readonly Mention[]
  /** The contents of inline code spans, which may be paths. */
  readonly spans: readonly Mention[]
  /** What GitHub makes of the headings, and ids set by hand. */
  readonly anchors: ReadonlySet<string>
}

interface Line {
  readonly text: string
  readonly line: number
}

export function parsePage(source: string): Page {
  const { prose, snippets } = splitFences(source)
  const unspanned = prose.map(({ text, line }) => ({ text: text.replaceAll(/`[^`]*`/g, '``'), line }))
  return {
    snippets,
    links: unspanned.flatMap((line) => [
      ...matches(line, /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g),
      ...matches(line, /^\[[^\]]+\]:\s+(\S+)/g),
    ]),
    spans: prose.flatMap((line) => matches(line, /`([^`]+)`/g)),
    anchors: anchorsOf(prose),
  }
}

function splitFences(source: string): { readonly prose: readonly Line[]; readonly snippets: readonly Snippet[] } {
  const prose: Line[] = []
  const snippets: Snippet[] = []
  let open: { fence: string; info: string; line: number; code: string[] } | undefined
  for (const [index, text] of source.split('\n').entries()) {
    const fence = /^\s*(`{3,}|~{3,})(.*)$/.exec(text)
    if (open === undefined) {
      if (fence === null) prose.push({ text, line: index + 1 })
      else open = { fence: fence[1] ?? '', info: (fence[2] ?? '').trim(), line: index + 2, code: [] }
    } else if (fence?.[1]?.startsWith(open.fence) === true && fence[2]?.trim() === '') {
      snippets.push({ info: open.info, code: open.code.join('\n'), line: open.line })
      open = undefined
    } else {
      open.code.push(text)
    }
  }
  return { prose, snippets }
}

function matches({ text, line }: Line, pattern: RegExp): readonly Mention[] {
  return [...text.matchAll(pattern)].map((match) => ({ target: match[1] ?? '', line }))
}

function anchorsOf(prose: readonly Line[]): ReadonlySet<string> {
  const slugger = new GithubSlugger()
  const headings = prose.flatMap(({ text }) => /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1] ?? [])
  const plain = headings.map((heading) => heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, ''))
  const ids = prose.flatMap((line) => matches(line, /<a (?:id|name)="([^"]+)"/g).map(({ target }) => target))
  return new Set([...plain.map((heading) => slugger.slug(heading)), ...ids])
}
