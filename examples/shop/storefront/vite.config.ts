import react from '@vitejs/plugin-react'
import { lightContracts } from 'holon/client/light'
import { defineConfig } from 'vite'

const api = process.env['SHOP_API'] ?? 'http://localhost:4310'

export default defineConfig({
  // The pages import the services' contracts; schemas stay on the server.
  plugins: [lightContracts(), react()],
  build: {
    // The shop is served under `default-src 'self'`, which refuses data: URIs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
  server: { proxy: { '/api': api, '/images': api } },
})
