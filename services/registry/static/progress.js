// Brings the progress of an upload up to date without loading the page anew; without JavaScript the page refreshes itself.
const every = 3000;

async function look() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = fresh.getElementById("stand");
  if (!answer.ok || !now || now.dataset.done === "ja") return location.reload();
  const shown = document.getElementById("stand");
  if (shown.innerHTML !== now.innerHTML) shown.innerHTML = now.innerHTML;
  setTimeout(look, every);
}

setTimeout(() => look().catch(() => setTimeout(() => location.reload(), every)), every);
