import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from './app.tsx'

import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/layout.css'
import './styles/products.css'
import './styles/pages.css'
import './styles/orders.css'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element #root to render into')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
