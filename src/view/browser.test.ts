// The page in a real browser: every view, a live run, a broken folder, keys, links, hostile text.

import { existsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { RunFolder } from '../run/folder.ts'
import { recordFixture } from '../run/record.fixture.ts'
import type { TrajectoryRecord } from '../run/trajectory-record.ts'
import { pageFiles } from './page-files.ts'
import { startViewServer, type ViewServer } from './server.ts'

const executable = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(executable)
if (missing) {
  process.stderr.write(`skipped: the viewer in a browser, since there is no ${executable}\n`)
}

const hostile = [
  '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">',
  '[click](javascript:window.hacked=3) <a href="javascript:window.hacked=4">x</a>',
  '$\\href{javascript:window.hacked=5}{x}$ $\\includegraphics{http://evil.example/x}$',
  '```html\n<svg onload="window.hacked=6">\n```',
  '\u001b]0;owned\u0007\u001b[2Jgone \u202Etxt.exe',
].join('\n')

function hostileRecord(): TrajectoryRecord {
  const record = recordFixture({ id: '<b>evil</b>', reward: 0 })
  return {
    ...record,
    pieces: [record.pieces[0] ?? [], [hostile, '', '', ''], ...record.pieces.slice(2)],
    problem: { ...record.problem, id: 'evil', question: hostile, answer: hostile },
    answer: hostile,
    verdict: hostile,
  }
}

describe.skipIf(missing)('the page in Chromium', () => {
  const root = scratchFolder()
  const foreign: string[] = []
  const complaints: string[] = []
  let server: ViewServer
  let browser: Browser
  let page: Page
  let live: RunFolder

  beforeAll(async () => {
    live = RunFolder.create(join(root, 'live'), {
      command: 'train',
      config: { rate: 1 },
      totalSteps: 50,
    })
    for (let step = 1; step <= 20; step++) {
      live.recordMetrics(step, { 'reward/mean': step / 20, 'system/cpu': 0.5 }, { tokens: 1 })
      live.recordTrajectories(step, [
        recordFixture({ id: 'a', reward: 1 }),
        recordFixture({ id: 'b', reward: -1, ok: false }),
      ])
    }
    live.recordTrajectories(20, [hostileRecord()])
    live.recordEvaluation(20, 'aime-2024', { accuracy: 0.25, passAt: { 8: 0.5 } })
    live.recordWarning(7, { name: 'truncation', message: hostile })
    const broken = RunFolder.create(join(root, 'broken'), {
      command: 'train',
      config: { rate: 2 },
      totalSteps: 50,
    })
    broken.finish()
    truncateSync(join(root, 'broken', 'run.db'), 5000)
    server = await startViewServer({
      sources: [root],
      page: await pageFiles(() => {}),
      host: '127.0.0.1',
      port: 0,
    })
    browser = await chromium.launch({
      executablePath: executable,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    page = await browser.newPage({ viewport: { width: 1300, height: 800 } })
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) {
        foreign.push(request.url())
      }
    })
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
  })

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    live?.finish()
  })

  const goTo = (hash: string) => page.goto(`${server.url}#/${hash}`)
  const see = (text: string) => page.getByText(text, { exact: true }).first().waitFor()
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }

  test('overview: a live run and a broken one', async () => {
    await goTo('overview')
    await page.locator('.card').filter({ hasText: 'live' }).getByText('running').waitFor()
    const broken = page.locator('.card').filter({ hasText: 'broken' })
    await broken.getByText('damaged', { exact: true }).waitFor()
    expect(await broken.textContent()).toContain('run.db cannot be read')
  })

  test('a live run moves on without a reload', async () => {
    await goTo('overview')
    await see('step 20 of 50')
    live.recordMetrics(21, { 'reward/mean': 1 })
    live.flush()
    await see('step 21 of 50')
  })

  test('curves and the paper’s figures draw their lines', async () => {
    await goTo('curves?runs=live&smooth=0.5&axis=tokens')
    await see('mean')
    await page.locator('canvas').first().waitFor()
    expect(await page.locator('.plot-values').first().textContent()).toMatch(/0\.\d+/)
    await goTo('figures?runs=live')
    await see('Invocation timing')
    await see('aime-2024')
    expect(await page.locator('canvas').count()).toBeGreaterThan(6)
  })

  test('trajectories: filter, then open one with keys alone', async () => {
    await goTo('trajectories?run=live')
    await see('41 trajectories')
    await press('/')
    await page.keyboard.type('nowhere')
    await see('0 trajectories')
    await page.locator('#text-search').fill('')
    await press('Escape')
    await page.getByLabel('correct', { exact: true }).selectOption('false')
    await see('21 trajectories')
    await press('j', 'j')
    await page.locator('.row-focused').waitFor()
    await press('Enter')
    await page.waitForURL(/#\/trajectory\?/)
    await page.locator('.segment-tool').waitFor()
    await press('u')
    await page.waitForURL(/#\/trajectories/)
  })

  test('a link names the exact token, and arrow keys move on from it', async () => {
    await goTo('trajectory?run=live&phase=train&step=4&id=a&mode=tokens&heat=advantage&token=2')
    await see('"Let me"')
    expect(await page.locator('.tip').textContent()).toMatch(/rollout log-prob-0.5.*advantage0.5/)
    await press('ArrowRight')
    await see('"<code>"')
    expect(page.url()).toContain('token=3')
    await press('m')
    await page.locator('.segment-policy').first().waitFor()
  })

  test('from the overview to a token and back without a mouse', async () => {
    await goTo('overview')
    await see('live')
    await page.getByLabel('Search runs and tags').focus()
    await press('Tab')
    expect(await page.locator('.run-entry:focus-within').textContent()).toContain('broken')
    await press('Space')
    await page.waitForURL(/runs=broken%2Clive/)
    await press('Space')
    await page.waitForURL(/runs=live/)
    await press('g', 't')
    await page.locator('a.row').first().waitFor()
    await press('j', 'Enter')
    await page.locator('.segment-policy').first().waitFor()
    await press('m')
    await page.locator('.token-policy').first().waitFor()
    await press('ArrowRight')
    expect(await page.locator('.tip').textContent()).toContain('1, trained on')
    await press('h')
    await page.waitForURL(/heat=log-prob/)
    await press('u')
    await page.waitForURL(/#\/trajectories/)
    await page.locator('a.row').nth(3).focus()
    await press('Enter')
    await page.waitForURL(/#\/trajectory\?/)
  })

  test.each([
    ['trajectories?run=live&text=nowhere', 'No such trajectory'],
    ['warnings?run=broken&runs=broken', 'No warnings'],
    ['figures?runs=broken', 'Nothing to draw'],
    ['warnings?run=live', 'truncation'],
    ['config?runs=live,broken', 'rate'],
    ['system?run=live', 'node'],
  ])('%s says: %s', async (place, words) => {
    await goTo(place)
    await see(words)
  })

  test('a group side by side, a problem over steps', async () => {
    await goTo('group?run=live&phase=train&step=5&problem=p1')
    await see('Group of 2 · step 5')
    expect(await page.locator('.column').count()).toBe(2)
    await goTo('problem?run=live&problem=p1')
    await see('step 20')
    expect(await page.locator('.attempt').count()).toBe(40)
    await page.locator('.attempt').nth(3).click()
    await page.locator('.column').nth(2).waitFor()
  })

  test('keys: help, another view, dark', async () => {
    await goTo('system?run=live')
    await see('node')
    await press('?')
    await page.getByRole('dialog').waitFor()
    await press('Escape', 'g', 'o')
    await page.waitForURL(/#\/overview/)
    const before = await page.locator('html').getAttribute('data-theme')
    await press('T')
    expect(await page.locator('html').getAttribute('data-theme')).not.toBe(before)
  })

  test('hostile text is shown, and none of it runs', async () => {
    const id = encodeURIComponent('<b>evil</b>')
    for (const mode of ['text', 'tokens']) {
      await goTo(`trajectory?run=live&phase=train&step=20&id=${id}&mode=${mode}`)
      await page.getByText('<script>window.hacked = 1</script>').first().waitFor()
      expect(await page.locator('main').textContent()).toContain('␛]0;owned␇␛[2Jgone ⟨U+202E⟩')
    }
    await goTo('problem?run=live&problem=evil')
    await page.locator('.column').waitFor()
    await goTo('warnings?run=live')
    await see('truncation')
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(await page.locator('main img, main script, main svg[onload]').count()).toBe(0)
    expect(await page.locator('a[href^="javascript" i]').count()).toBe(0)
  })

  test('nothing was asked of any other machine, and the browser had no complaint', () => {
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
  })
})
