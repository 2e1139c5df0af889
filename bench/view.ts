// How long the viewer takes to open a run and to answer what its views ask.
//
//   npx tsx bench/fake-run.ts runs/big --points 1000000 --trajectories 100000
//   npx tsx bench/view.ts runs/big
//
// On two cores (AMD EPYC, Zen 4), with 1,000,000 points and 100,000 trajectories, a page opened in
// headless Chromium until it shows what it is for, median of five (first): overview 0.86 s, curves
// drawn 1.4 s (1.8 s), trajectories listed 0.89 s (1.0 s). Scrolling through 24,000 rows a frame takes
// 17 ms, the slowest 33 ms. The server answers every view within 0.16 s, the first time within 1 s.

import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import Table from 'cli-table3'
import { chromium } from 'playwright-core'
import { pageFiles } from '../src/view/page-files.ts'
import { startViewServer } from '../src/view/server.ts'

const chromiumPath = '/usr/bin/chromium'
const rounds = 5

async function measure(work: () => Promise<unknown>): Promise<{ first: number; median: number }> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  const sorted = [...times].sort((a, b) => a - b)
  return { first: times[0] ?? 0, median: sorted[rounds >> 1] ?? 0 }
}

async function measureServer(url: string, run: string) {
  const ask = (path: string) => async () => {
    await (await fetch(`${url}api${path}`)).arrayBuffer()
  }
  const base = `/runs/${run}`
  return [
    ['list of runs', await measure(ask('/runs'))],
    ['what a run holds', await measure(ask(base))],
    ['filter values', await measure(ask(`${base}/facets`))],
    ['one curve', await measure(ask(`${base}/curve?name=reward/mean`))],
    ['paper figures', await measure(ask(`${base}/behaviour`))],
    ['trajectories, newest', await measure(ask(`${base}/trajectories`))],
    ['trajectories, by length', await measure(ask(`${base}/trajectories?sort=tokens`))],
    ['trajectories, last page', await measure(ask(`${base}/trajectories?offset=99000`))],
    ['trajectories with words', await measure(ask(`${base}/trajectories?text=NameError`))],
  ] as const
}

async function measurePage(url: string, run: string) {
  if (!existsSync(chromiumPath)) return []
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  const see = (view: string, selector: string) => async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(`${url}#/${view}`)
    await page.locator(selector).first().waitFor()
    await page.close()
  }
  const results = [
    ['page: overview', await measure(see(`overview?runs=${run}`, '.fact'))],
    ['page: curves drawn', await measure(see(`curves?runs=${run}`, 'canvas'))],
    ['page: trajectories listed', await measure(see(`trajectories?run=${run}`, '.cell-question'))],
    [
      'page: slowest frame while scrolling',
      await measureScroll(browser, `${url}#/trajectories?run=${run}`),
    ],
  ] as const
  await browser.close()
  return results
}

/** The longest gap between two frames while 24,000 rows go by. */
async function measureScroll(browser: Awaited<ReturnType<typeof chromium.launch>>, url: string) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(url)
  await page.locator('a.row').first().waitFor()
  const gaps = await page.evaluate(`new Promise((resolve) => {
    const rows = document.querySelector('.rows')
    const gaps = []
    let last = performance.now()
    const step = (now) => {
      gaps.push(now - last)
      last = now
      rows.scrollTop += 4600
      if (gaps.length < 200) requestAnimationFrame(step)
      else resolve(gaps.slice(1))
    }
    requestAnimationFrame(step)
  })`)
  await page.close()
  const sorted = [...(gaps as number[])].sort((a, b) => a - b)
  return { first: sorted.at(-1) ?? 0, median: sorted[sorted.length >> 1] ?? 0 }
}

const path = process.argv[2] ?? 'runs/big'
const start = performance.now()
const server = await startViewServer({
  sources: [path],
  page: await pageFiles((message) => process.stderr.write(`${message}\n`)),
  host: '127.0.0.1',
  port: 0,
})
const table = new Table({ head: ['what', 'first, ms', 'median, ms'], style: { head: [] } })
table.push(['server ready', (performance.now() - start).toFixed(0), ''])
const run = basename(path)
for (const [what, { first, median }] of [
  ...(await measureServer(server.url, run)),
  ...(await measurePage(server.url, run)),
]) {
  table.push([what, first.toFixed(0), median.toFixed(0)])
}
process.stdout.write(`${table.toString()}\n`)
await server.close()
