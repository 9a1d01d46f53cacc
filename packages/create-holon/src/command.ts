import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { createProject } from './create.ts'
import type { TemplateSource } from './host.ts'
import { exampleFolders, packedTemplates } from './template-source.ts'

/** Runs `create-holon` in this process: the only place that reads the process and sets its exit code. */
export function runProcess(): void {
  void createProject({
    arguments: process.argv.slice(2),
    environment: process.env,
    folder: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    templates: findTemplates(),
    run,
  }).then((code) => {
    process.exitCode = code
  })
}

/** The package has its templates beside it; in the repository they are the examples. */
function findTemplates(): TemplateSource {
  const packed = fileURLToPath(new URL('../templates', import.meta.url))
  if (existsSync(packed)) return packedTemplates(packed)
  return exampleFolders(fileURLToPath(new URL('../../../examples', import.meta.url)))
}

function run(program: string, args: readonly string[], folder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: folder,
      stdio: program === 'git' ? 'ignore' : 'inherit',
      // npm is a script there, which only a shell runs.
      shell: process.platform === 'win32',
    })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
