import { builtinModules } from 'node:module'

/** Packages of the templates: a project that is called like one of them could not have it. */
const dependencies: readonly string[] = ['holon', 'create-holon', 'zod', 'express', 'typescript', 'node']

/** What PostgreSQL and JavaScript have already, of all that has the form of a name. */
const taken: readonly string[] = [
  ...['postgres', 'template0', 'template1', 'public', 'none'],
  ...['constructor', 'then', 'catch', 'finally', 'prototype'],
]

const form = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/
const longest = 40

/**
 * Why a project cannot have this name, which becomes that of the npm package and of the app; undefined where it can. The
 * rules of names in Holon are the stricter ones: names of databases and topics are made from them.
 */
export function projectNameProblem(name: string): string | undefined {
  if (!form.test(name))
    return `'${name}' is no name: use lower-case letters, digits and hyphens, a letter first and no hyphen last.`
  if (name.length > longest) return `'${name}' has ${name.length} characters; use at most ${longest}.`
  if (taken.includes(name)) return `'${name}' means something else in JavaScript or PostgreSQL.`
  if (builtinModules.includes(name)) return `'${name}' is a module of Node.`
  if (dependencies.includes(name)) return `'${name}' is a package that the project needs.`
  return undefined
}

/** The name that is nearest to what somebody wrote; undefined where nothing is left of it. */
export function suggestName(text: string): string | undefined {
  const name = text
    .normalize('NFKD')
    .replaceAll(/[A-Z]+(?![a-z])|[A-Z]/g, (letters, index: number) => `${index > 0 ? '-' : ''}${letters.toLowerCase()}`)
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, longest)
    .replace(/-+$/, '')
  if (name === '') return undefined
  return projectNameProblem(name) === undefined ? name : suggestName(`${name.slice(0, longest - 4)}-app`)
}
