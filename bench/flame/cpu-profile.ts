/** What a .cpuprofile of V8 holds, as far as it is used here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

/** A function in one place of the call tree. */
export interface Frame {
  readonly name: string
  /** File and line, as far as they help a reader. */
  readonly place: string
  readonly kind: 'own' | 'package' | 'node' | 'engine'
  /** Time in it and in what it calls. */
  totalUs: number
  ownUs: number
  readonly children: Map<string, Frame>
}

const engineNames: readonly string[] = ['(root)', '(program)', '(garbage collector)']

/**
 * The call tree of a profile. Left out: the time in which nothing was done, and the first `skipUs`, in which modules are
 * loaded and compiled.
 */
export function frameTreeOf(profile: CpuProfile, skipUs: number): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const paths = new Map<number, readonly Frame[]>()
  const root: Frame = { name: 'all', place: '', kind: 'engine', totalUs: 0, ownUs: 0, children: new Map() }
  const pathOf = (id: number): readonly Frame[] => {
    const known = paths.get(id)
    if (known) return known
    const parent = parents.get(id)
    const path = parent === undefined ? [root] : pathOf(parent)
    const { functionName, url, lineNumber } = nodes.get(id)?.callFrame ?? { functionName: '', url: '', lineNumber: 0 }
    // Runs of one function into itself would only make the graph higher.
    const above = path.at(-1) ?? root
    const place = url === '' ? '' : `${shortPath(url)}:${lineNumber + 1}`
    const key = `${functionName} ${place}`
    if (parent === undefined || `${above.name} ${above.place}` === key) return remember(id, path)
    const frame = above.children.get(key) ?? emptyFrame(functionName, place, url)
    above.children.set(key, frame)
    return remember(id, [...path, frame])
  }
  const remember = (id: number, path: readonly Frame[]): readonly Frame[] => {
    paths.set(id, path)
    return path
  }
  let elapsedUs = 0
  profile.samples.forEach((id, index) => {
    const us = profile.timeDeltas[index] ?? 0
    elapsedUs += us
    const path = pathOf(id)
    const last = path.at(-1) ?? root
    if (elapsedUs < skipUs || last.name === '(idle)' || us < 0) return
    for (const frame of path) frame.totalUs += us
    last.ownUs += us
  })
  return root
}

function emptyFrame(functionName: string, place: string, url: string): Frame {
  const name = functionName === '' ? 'anonymous' : functionName
  return { name, place, kind: kindOf(name, url), totalUs: 0, ownUs: 0, children: new Map() }
}

function kindOf(name: string, url: string): Frame['kind'] {
  if (engineNames.includes(name)) return 'engine'
  if (url.startsWith('node:') || url === '') return 'node'
  return url.includes('/node_modules/') ? 'package' : 'own'
}

function shortPath(url: string): string {
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?:.*\/)?([^/]+)$/.exec(url)
  if (inPackage) return `${inPackage[1]}/${inPackage[2]}`
  return url.replace(/^file:\/\/.*?\/(?=(packages|bench|examples)\/)/, '').replace(/^file:\/\//, '')
}
