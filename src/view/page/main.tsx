// Starts the page.

import { render } from 'preact'
import { App } from './app.tsx'
import './styles/base.css'
import './styles/shell.css'
import './styles/charts.css'
import './styles/trajectory.css'
import { listenToKeys } from './keys.ts'
import { listenToServer } from './live.ts'
import { applyTheme } from './theme.ts'

applyTheme()
listenToKeys()
listenToServer()
const root = document.getElementById('app')
if (root) render(<App />, root)
