import type { PackageManager } from './package-manager.ts'

export interface Template {
  readonly name: string
  readonly hint: string
  /** What the example is called wherever its name stands: replaced by the name of the project. */
  readonly placeholder: string
  /** A first request to the running app. */
  readonly firstCall: string
}

/** What a project can begin with: the examples of the repository that are named like them. */
export const templates: readonly Template[] = [
  {
    name: 'minimal',
    hint: 'one service behind the gateway',
    placeholder: 'minimal-app',
    firstCall: 'curl http://127.0.0.1:8080/hello/Ann',
  },
  {
    name: 'shop-lite',
    hint: 'three services, events, stores, a page',
    placeholder: 'shop-lite',
    firstCall: 'curl http://127.0.0.1:8080/api/products',
  },
  {
    name: 'existing',
    hint: 'a service beside an Express app',
    placeholder: 'existing-app',
    firstCall: "curl 'http://127.0.0.1:3000/offer/tea?quantity=12'",
  },
]

export interface Filling {
  readonly template: Template
  /** Name of the project. */
  readonly name: string
  /** Version of the package `holon`: that of this program. */
  readonly version: string
  readonly packageManager: PackageManager
}

/** The files of a project: those of its template with its name, and with the commands of its package manager. */
export function fillTemplate(files: ReadonlyMap<string, string>, filling: Filling): ReadonlyMap<string, string> {
  const { template, name, version, packageManager } = filling
  const filled = new Map<string, string>()
  for (const [path, text] of files) {
    const named = text.replaceAll(template.placeholder, name)
    if (path === 'package.json') filled.set(path, named.replace(/("holon": )"[^"]*"/, `$1"^${version}"`))
    else filled.set(path, speaksOfCommands(path) ? packageManager.translate(named) : named)
  }
  for (const [path, text] of packageManager.files) filled.set(path, text)
  return filled
}

function speaksOfCommands(path: string): boolean {
  return /\.(md|yml)$|\.env$|launch\.json$/.test(path)
}
