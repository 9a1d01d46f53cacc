/**
 * Light contracts, and the plugin that puts them in the place of contracts in what is built for browsers.
 *
 * @module
 */
export * from '@holon/client/light'
