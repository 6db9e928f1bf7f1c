// What only newer Node SDKs know; prints what each call returned, by name, as JSON.

import { Resend } from "resend";

const resend = new Resend(process.env.KEY);
const said = {};

async function note(name, answer) {
  const { data, error } = await answer;
  said[name] = error ? { error } : data;
  return data;
}

const { id: news } = await note("create segment", resend.segments.create({ name: "News" }));
await note("get segment", resend.segments.get(news));
await note("update segment", resend.segments.update(news, { name: "Letters" }));
await note("list segments", resend.segments.list({ limit: 1 }));

const { id: plan } = await note(
  "create property",
  resend.contactProperties.create({ key: "plan", type: "string", fallbackValue: "free" }),
);
await note("get property", resend.contactProperties.get(plan));
await note("update property", resend.contactProperties.update({ id: plan, fallbackValue: "none" }));
await note("list properties", resend.contactProperties.list());

const email = "ada+1@x.test";
const { id: ada } = await note(
  "create contact",
  resend.contacts.create({ email, firstName: "Ada", properties: { plan: "pro" }, segments: [{ id: news }] }),
);
await note("create in general", resend.contacts.create({ email: "ben@x.test" }));
await note("get contact", resend.contacts.get(email));
await note("list contacts", resend.contacts.list({ limit: 1 }));
await note("list contacts of segment", resend.contacts.list({ segmentId: news }));
await note("update contact", resend.contacts.update({ email, unsubscribed: true }));
const { id: vips } = await note("create second segment", resend.segments.create({ name: "VIPs" }));
await note("join", resend.contacts.segments.add({ contactId: ada, segmentId: vips }));
await note("segments of contact", resend.contacts.segments.list({ email }));
await note("leave", resend.contacts.segments.remove({ email, segmentId: vips }));
await note("remove contact", resend.contacts.remove({ email }));

const suppressed = await note("suppress", resend.suppressions.add({ email: "eve+1@x.test" }));
await note("get suppression", resend.suppressions.get("eve+1@x.test"));
await note("list suppressions", resend.suppressions.list({ origin: "manual" }));
await note("suppress many", resend.suppressions.batch.add({ emails: ["a@x.test", "b@x.test"] }));
await note("unsuppress many", resend.suppressions.batch.remove({ emails: ["a@x.test", "b@x.test"] }));
await note("unsuppress", resend.suppressions.remove(suppressed.id));

const imported = await note(
  "import",
  resend.contacts.imports.create({
    file: new Blob(["E-Mail,more\nada@x.test,x\n"]),
    columnMap: { email: "E-Mail" },
    onConflict: "skip",
    segments: [{ id: news }],
  }),
);
await note("get import", resend.contacts.imports.get(imported.id));
await note("list imports", resend.contacts.imports.list({ status: "queued" }));

const key = await note("create key", resend.apiKeys.create({ name: "worker", permission: "sending_access" }));
await note("update key", resend.apiKeys.update(key.id, { name: "drone" }));
await note("list keys", resend.apiKeys.list());
await note("remove key", resend.apiKeys.remove(key.id));

const logs = await note("list logs", resend.logs.list({ limit: 2 }));
await note("get log", resend.logs.get(logs.data[0].id));
await note("remove property", resend.contactProperties.remove(plan));
await note("remove segment", resend.segments.remove(news));
await note("topics", resend.topics.list());

console.log(JSON.stringify(said));
