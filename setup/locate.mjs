// Where set-up put things.

/** @returns {{ addon: string }} */
export function locate() {
  const addon = process.env['RETOOL_ADDON']
  if (!addon) throw new Error('set RETOOL_ADDON')
  return { addon }
}
