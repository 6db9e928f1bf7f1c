// What both Node SDKs can do with audiences, contacts and keys; prints what each call returned, by name, as JSON.

import { Resend } from "resend";

const resend = new Resend(process.env.KEY);
const said = {};

async function note(name, answer) {
  const { data, error } = await answer;
  said[name] = error ? { error } : data;
  return data;
}

const { id: audienceId } = await note("create audience", resend.audiences.create({ name: "News" }));
await note("list audiences", resend.audiences.list());
await note("get audience", resend.audiences.get(audienceId));
const email = "ada+1@x.test";
const { id } = await note(
  "create contact",
  resend.contacts.create({ audienceId, email, firstName: "Ada", unsubscribed: false }),
);
await note("create contact again", resend.contacts.create({ audienceId, email, lastName: "O" }));
await note("get contact by id", resend.contacts.get({ audienceId, id }));
await note("get contact by email", resend.contacts.get({ audienceId, email }));
await note("list contacts", resend.contacts.list({ audienceId }));
await note("unsubscribe", resend.contacts.update({ audienceId, id, unsubscribed: true }));
await note("create unsubscribed", resend.contacts.create({ audienceId, email, unsubscribed: false }));
await note("still unsubscribed", resend.contacts.get({ audienceId, id }));
await note("subscribe", resend.contacts.update({ audienceId, email, unsubscribed: false }));
await note("subscribed", resend.contacts.get({ audienceId, id }));
await note("unknown contact", resend.contacts.get({ audienceId, email: "nobody@x.test" }));
await note("bad contact", resend.contacts.create({ audienceId, email: "nobody" }));
await note("no audience", resend.contacts.create({ audienceId: "undefined", email }));
await note("remove contact by email", resend.contacts.remove({ audienceId, email }));
await note("remove contact by id", resend.contacts.remove({ audienceId, id }));
await note("remove audience", resend.audiences.remove(audienceId));
const key = await note("create key", resend.apiKeys.create({ name: "worker" }));
await note("list keys", resend.apiKeys.list());
await note("remove key", resend.apiKeys.remove(key.id));
await note("wrong key", new Resend("re_wrong").audiences.list());

console.log(JSON.stringify(said));
