import type { Theme } from 'vitepress'
import standard from 'vitepress/theme'

import './style.css'

const theme: Theme = standard

export default theme
