import { chromium } from '@playwright/test';
import { spawn } from 'node:child_process';
const s = spawn('node',['scripts/serve-static.mjs','--port','5320'],{stdio:'ignore'}); await new Promise(r=>setTimeout(r,2500));
const b = await chromium.launch({executablePath:'/usr/bin/chromium'});
const only = process.argv[2];
async function run(name, opts, f){ if(only && !name.includes(only)) return; const c=await b.newContext(opts); const p=await c.newPage(); p.setDefaultTimeout(30000); p.on('pageerror',e=>console.log(name,'err',e.message)); let n=0; const shot=async(l)=>{ await p.screenshot({path:`/tmp/page/shots/${name}-${String(++n).padStart(2,'0')}-${l}.png`}); };
 try{ await f(p,shot);}catch(e){console.log(name,'FAIL',e.message.split('\n').slice(0,4).join(' | ')); await shot('fail');} await c.close(); }
const up = async(p,n='w3-k8s')=>{ await p.locator(`[data-thing="machine:${n}"][data-state="ready"]`).waitFor({timeout:60000}); await p.waitForTimeout(3000); };
for (const [name,opts] of [['d-en',{viewport:{width:1440,height:900},locale:'en-US',colorScheme:'light'}],['d-ko',{viewport:{width:1440,height:900},locale:'ko-KR',colorScheme:'dark'}]])
await run(name,opts,async(p,shot)=>{
  const ko=name==='d-ko';
  await p.goto('http://localhost:5320/'); await p.waitForTimeout(700); await shot('early'); await up(p); await shot('up');
  await p.getByRole('button',{name:ko?'적용':'Apply',exact:true}).first().click(); await p.waitForTimeout(6000); await shot('flow');
  await p.waitForTimeout(12000); await shot('flow2');
  await p.locator('[data-thing^="pod:"][aria-label*="nginx"]').first().click(); await p.waitForTimeout(800); await shot('pod');
  await p.getByRole('slider').first().fill('2'); await p.waitForTimeout(2500); await shot('later');
  await p.locator('[data-thing="machine:w2-k8s"]').click({button:'right'}); await p.waitForTimeout(400); await shot('menu'); await p.keyboard.press('Escape');
  await p.locator('[data-thing="process:m-k8s/etcd"],[data-thing^="process:m-k8s/etcd"]').first().click(); await p.waitForTimeout(800); await shot('etcd');
  await p.locator('[data-lessons]').click(); await p.waitForTimeout(600); await shot('lessons'); await p.keyboard.press('Escape');
  await p.locator('header button').last().click(); await p.waitForTimeout(600); await shot('help'); await p.keyboard.press('Escape');
});
for (const [name,opts] of [['p-ko',{viewport:{width:390,height:844},locale:'ko-KR',colorScheme:'light',hasTouch:true,isMobile:true,deviceScaleFactor:2}],['p-en',{viewport:{width:390,height:844},locale:'en-US',colorScheme:'dark',hasTouch:true,isMobile:true,deviceScaleFactor:2}]])
await run(name,opts,async(p,shot)=>{
  await p.goto('http://localhost:5320/'); await up(p); await shot('up');
  for (const t of await p.getByRole('tab').all()) { await t.tap(); await p.waitForTimeout(900); await shot('tab'); }
  const ko=name==='p-ko';
  await p.getByRole('tab',{name:ko?'편집기':'Editor'}).tap().catch(()=>{}); await p.getByRole('button',{name:ko?'적용':'Apply',exact:true}).first().tap(); await p.waitForTimeout(8000); await shot('flow');
  await p.waitForTimeout(9000); await shot('flow2');
  await p.locator('[data-thing="machine:w2-k8s"]').tap(); await p.waitForTimeout(900); await shot('machine');
  await p.locator('header button').last().tap(); await p.waitForTimeout(600); await shot('help');
});
await run('ha-en',{viewport:{width:1440,height:900},locale:'en-US',colorScheme:'dark'},async(p,shot)=>{ await p.goto('http://localhost:5320/?preset=ha'); await up(p); await shot('up'); await p.locator('[data-thing="machine:m1-k8s"]').click({button:'right'}); await p.waitForTimeout(300); await p.keyboard.press('Enter'); await p.waitForTimeout(5000); await shot('off'); });
await b.close(); s.kill();
