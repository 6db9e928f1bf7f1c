// Broadcasts from a draft to its recipients; prints what each call returned, by name, as JSON.
// What the SDK of the audience era has no method for is asked over plain HTTP.

import { Resend } from "resend";

const resend = new Resend(process.env.KEY);
const said = {};

async function note(name, answer) {
  const { data, error } = await answer;
  said[name] = error ? { error } : data;
  return data;
}

async function ask(method, path) {
  const headers = { Authorization: `Bearer ${process.env.KEY}`, "Content-Type": "application/json" };
  const answer = await fetch(process.env.RESEND_BASE_URL + path, { method, headers });
  return { data: await answer.json(), error: null };
}

async function sent(id) {
  for (let turn = 0; turn < 200; turn++) {
    const answer = await resend.broadcasts.get(id);
    if (answer.data.status === "sent") return answer;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("It wasn't sent within 20 s.");
}

const newer = "cancel" in resend.broadcasts;
const audienceId = (await resend.audiences.create({ name: "News" })).data.id;
for (const name of ["ada", "ben"]) {
  await resend.contacts.create({ audienceId, email: `${name}@x.test`, firstName: name });
}
const written = {
  from: "Northwind <news@northwind.example>",
  subject: "Hello {{{FIRST_NAME|there}}}",
  html: "<p>Spring</p>",
  replyTo: "help@northwind.example",
  name: "Spring",
};
// The newest calls an audience a segment.
const { id } = await note(
  "create",
  resend.broadcasts.create({ ...written, ...(newer ? { segmentId: audienceId } : { audienceId }) }),
);
await note("get", resend.broadcasts.get(id));
await note("list", resend.broadcasts.list());
await note("update", resend.broadcasts.update(id, { subject: "Later", text: "Spring, in words" }));
await note("updated", resend.broadcasts.get(id));
await note("schedule", resend.broadcasts.send(id, { scheduledAt: "tomorrow at 9am" }));
await note("scheduled", resend.broadcasts.get(id));
await note("cancel", newer ? resend.broadcasts.cancel(id) : ask("POST", `/broadcasts/${id}/cancel`));
const copy = await note(
  "duplicate",
  newer ? resend.broadcasts.duplicate(id) : ask("POST", `/broadcasts/${id}/duplicate`),
);
await note("canceled", resend.broadcasts.get(id));
await note("send", resend.broadcasts.send(id));
await note("sent", sent(id));
if (newer) {
  await note("recipients", resend.broadcasts.recipients(id, { type: "sent", limit: 1 }));
  await note("clicked links", resend.broadcasts.clickedLinks(id));
  await note("list one", resend.broadcasts.list({ limit: 1 }));
  const later = { ...written, audienceId, send: true, scheduledAt: "in 1 hour" };
  await note("create and send", resend.broadcasts.create(later));
} else {
  await note("recipients", ask("GET", `/broadcasts/${id}/recipients?type=sent&limit=1`));
  await note("clicked links", ask("GET", `/broadcasts/${id}/clicked-links`));
}
await note("remove", resend.broadcasts.remove(copy.id));
await note("unknown", resend.broadcasts.get(copy.id));
await note("send again", resend.broadcasts.send(id));
await note("no sender", resend.broadcasts.create({ ...written, audienceId, from: "" }));

console.log(JSON.stringify(said));
