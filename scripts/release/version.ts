/** `1.2.0`, `1.2.0-rc.1`. */
export function isVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(text)
}

export interface Release {
  /** The packages that are released, which all have one version. */
  readonly names: ReadonlySet<string>
  readonly version: string
}

const dependencyKinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']

/** The text of a manifest in which every package of the release has its version, whether it is one or needs one. */
export function withVersion(text: string, { names, version }: Release): string {
  const manifest = JSON.parse(text) as Record<string, unknown>
  if (names.has(String(manifest['name']))) manifest['version'] = version
  for (const kind of dependencyKinds) {
    // npm takes a manifest only if these are records of texts.
    const dependencies = manifest[kind] as Record<string, string> | undefined
    for (const name of Object.keys(dependencies ?? {}))
      if (dependencies && names.has(name)) dependencies[name] = version
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** What was unreleased is the version's; nothing is unreleased yet. */
export function releasedChangelog(text: string, version: string): string {
  const heading = '## Unreleased\n'
  if (!text.includes(heading))
    throw new Error("CHANGELOG.md has no heading '## Unreleased': add it above the last release.")
  return text.replace(heading, `${heading}\nNothing yet.\n\n## ${version}\n`)
}

/** The tag under which npm gives a version to those who name none: `latest`, or `next` for what is no release yet. */
export function tagOf(version: string): string {
  return version.includes('-') ? 'next' : 'latest'
}
