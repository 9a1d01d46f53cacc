import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { areOnPath, lookups, requires, type RequirementName } from '../tests/support/requirements.ts'

const servicePolicy = '/usr/sbin/policy-rc.d'

/** Whether this machine lets us install packages: root, with apt (Debian, Ubuntu and images made of them). */
export function canInstall(name: RequirementName): boolean {
  if (lookups[name].jars !== undefined && areOnPath(['java', 'mvn'])) return true
  return process.getuid?.() === 0 && areOnPath(['apt-get'])
}

/** Installs requirements, all packages at once, trying twice because mirrors fail now and then. Returns those still missing. */
export function install(names: readonly RequirementName[]): readonly RequirementName[] {
  const missing = (): readonly RequirementName[] => names.filter((name) => requires(name).path === undefined)
  for (let attempt = 1; attempt <= 2 && missing().length > 0; attempt++) {
    const packages = missing().flatMap(packagesFor)
    if (packages.length > 0) withoutStartingServices(() => installPackages(packages))
    for (const name of missing()) gatherJars(name)
    if (missing().length > 0) console.error(`still missing: ${missing().join(', ')} (attempt ${attempt} of 2)`)
  }
  return missing()
}

function packagesFor(name: RequirementName): readonly string[] {
  const { packages, jars } = lookups[name]
  return jars !== undefined && areOnPath(['java', 'mvn']) ? [] : packages
}

function installPackages(packages: readonly string[]): boolean {
  return apt('update') && apt('install', '--yes', '--no-install-recommends', ...packages)
}

function apt(...args: readonly string[]): boolean {
  const { status } = spawnSync('apt-get', ['--quiet', ...args], {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 10 * 60_000,
  })
  return status === 0
}

/** Debian starts a server as soon as it is installed unless this policy says no. A policy that is there stays as it is. */
function withoutStartingServices(work: () => void): void {
  const ours = !existsSync(servicePolicy)
  if (ours) writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    if (ours) rmSync(servicePolicy)
  }
}

/** Lets Maven gather an artifact and all it depends on in one folder, which appears only when it is complete. */
function gatherJars(name: RequirementName): void {
  const { jars, paths } = lookups[name]
  const target = paths?.[0]
  if (jars === undefined || target === undefined || existsSync(target)) return
  mkdirSync(dirname(target), { recursive: true })
  const folder = mkdtempSync(`${target}-`)
  try {
    const { groupId, artifactId, version } = jars
    const coordinates = `<groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version>`
    const project = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
      <groupId>holon</groupId><artifactId>jars</artifactId><version>1</version>
      <dependencies><dependency>${coordinates}</dependency></dependencies></project>`
    writeFileSync(join(folder, 'pom.xml'), project)
    const copy = [
      '--quiet',
      '--batch-mode',
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      '-DoutputDirectory=jars',
    ]
    const { status } = spawnSync('mvn', copy, { cwd: folder, stdio: 'inherit', timeout: 10 * 60_000 })
    if (status === 0) renameSync(join(folder, 'jars'), target)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
