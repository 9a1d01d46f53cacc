import { messageOf } from './foreign/foreign-text.ts'
import { fieldOf, isInstance } from './foreign/is-instance.ts'

const reasons: { readonly [code: string]: string } = {
  EACCES: 'this user may not do that there',
  EPERM: 'this user may not do that there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's share of the disk is used up",
  EMFILE: 'the process has as many files open as it may; allow more, for instance with ulimit -n 4096',
  ENFILE: 'the system has as many files open as it may',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file, and no folder',
  EISDIR: 'it is a folder, and no file',
  ENAMETOOLONG: 'the path is too long',
  EIO: 'the disk reports an error',
}

/** Primary result codes of sqlite (https://www.sqlite.org/rescode.html); extended ones have them in their lowest byte. */
const sqliteReasons: { readonly [code: number]: string } = {
  8: 'the database is read-only',
  10: 'the disk reports an error, or is full',
  11: 'the database file is damaged',
  13: 'the disk is full',
  14: 'the database file cannot be opened; is its folder there, may this user write to it, and may the process open more files (ulimit -n)',
  26: 'the file is no database',
}

/**
 * Why the system or sqlite refused something, in words for the person who runs the program: `mkdir /data: the file system is
 * read-only (EROFS)`. Undefined for all other errors, of which a stack says more.
 */
export function systemReason(error: unknown): string | undefined {
  if (!isInstance(error, Error)) return undefined
  const code = fieldOf(error, 'code')
  if (typeof code === 'string' && Object.hasOwn(reasons, code)) return `${whatFailed(error)}${reasons[code]} (${code})`
  const sqliteCode = fieldOf(error, 'errcode')
  const sqlite = typeof sqliteCode === 'number' ? sqliteReasons[sqliteCode & 0xff] : undefined
  return sqlite === undefined ? undefined : `${sqlite} (sqlite: ${messageOf(error)})`
}

/** What was tried, on what, as far as the error tells. */
function whatFailed(error: Error): string {
  const told = ['syscall', 'path', 'dest', 'address', 'port'].flatMap((name) => {
    const value = fieldOf(error, name)
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
  })
  // Of a program that cannot be started the syscall is `spawn` with the path.
  const [syscall, path, ...more] = told
  const words = path !== undefined && syscall?.endsWith(` ${path}`) === true ? [syscall, ...more] : told
  return told.length === 0 ? '' : `${words.join(' ')}: `
}
