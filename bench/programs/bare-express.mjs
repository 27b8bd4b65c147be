// The floor of the API: bare express routes of one query each, over the same rows. Ends with its parent.
import express from 'express'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const app = express()
app.get('/list', async (_request, response) => {
  const { rows } = await pool.query('select * from instance order by created_at desc, id desc limit 1000')
  response.json({ items: rows })
})
app.patch('/rename/:id', express.json(), async (request, response) => {
  const { rows } = await pool.query('update instance set name = $2 where id = $1 returning *', [
    request.params.id,
    request.body.name,
  ])
  response.json(rows[0])
})
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`listening on ${server.address().port}\n`))
process.stdin
  .once('end', () => {
    server.close()
    server.closeAllConnections()
    void pool.end()
  })
  .resume()
