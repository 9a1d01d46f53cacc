/**
 * Clients over HTTP, for browsers, Node and React Native.
 *
 * @module
 */
export * from '@holon/client'
