export { delay, type Platform, type Timer } from './platform.ts'
