import { expect, test } from 'vitest'
import { indexesOf } from './pip-index.mjs'

test.each([
  ['', 'https://pypi.org/simple'],
  ["global.index-url='https://a.example/simple'", 'https://a.example/simple'],
  [
    ":env:.index-url='https://c.example/'\nglobal.index-url='https://a.example/'\ninstall.index-url='https://b.example/'",
    'https://c.example/',
  ],
  [
    "global.extra-index-url='\\nhttps://a.example/\\nhttps://b.example/'\nglobal.find-links='/opt/wheels'",
    'https://pypi.org/simple, https://a.example/, https://b.example/, /opt/wheels',
  ],
  [":env:.no-index='1'\nglobal.find-links='/opt/wheels'", '/opt/wheels'],
  ["global.index-url='https://anna:se%40cret@a.example/simple?key=1'", 'https://a.example/simple'],
  ["global.index-url='https://anna:se/cret@a.example/simple'", 'https://a.example/simple'],
])('pip that is set up by %j asks %s', (listing, indexes) => {
  expect(indexesOf(listing)).toBe(indexes)
})
