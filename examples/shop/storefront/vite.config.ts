import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = process.env['SHOP_API'] ?? 'http://localhost:4310'

export default defineConfig({
  plugins: [react()],
  build: {
    // The shop is served under `default-src 'self'`, which refuses data: URIs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
  server: { proxy: { '/api': api, '/images': api } },
})
