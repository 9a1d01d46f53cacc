import type { Workspace } from '../workspaces.ts'

/** Each package after those of them that it depends on. */
export function inOrder(packages: readonly Workspace[]): readonly Workspace[] {
  const byName = new Map(packages.map((each) => [each.manifest.name, each]))
  const ordered = new Set<Workspace>()
  const add = (each: Workspace): void => {
    if (ordered.has(each)) return
    for (const name of Object.keys({ ...each.manifest.dependencies, ...each.manifest.peerDependencies }).toSorted()) {
      const needed = byName.get(name)
      if (needed !== undefined) add(needed)
    }
    ordered.add(each)
  }
  for (const each of packages) add(each)
  return [...ordered]
}
