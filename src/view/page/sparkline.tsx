// A curve as small as a word.

interface SparklineProperties {
  readonly values: readonly (number | null)[]
  readonly colour: string
  readonly label: string
}

const width = 300
const height = 48

export function Sparkline({ values, colour, label }: SparklineProperties) {
  const finite = values.filter((value) => value !== null)
  if (finite.length < 2) return <div class="sparkline" />
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low || 1
  const points = finite
    .map((value, index) => {
      const x = (index / (finite.length - 1)) * width
      const y = height - 3 - ((value - low) / span) * (height - 6)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img">
      <title>{label}</title>
      <polygon points={`0,${height} ${points} ${width},${height}`} fill={colour} opacity="0.12" />
      <polyline
        points={points}
        fill="none"
        stroke={colour}
        stroke-width="1.8"
        vector-effect="non-scaling-stroke"
        stroke-linejoin="round"
      />
    </svg>
  )
}
