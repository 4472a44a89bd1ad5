# The page that a browser shows after Google's consent page

gmail-allowed-title = 응답을 받았습니다
gmail-allowed-text = 허용하셨습니다. 이제 Gatepost가 Google에 토큰을 요청하며, 그 결과는 터미널에 나옵니다. 이 창은 닫아도 됩니다.
gmail-denied-title = 권한을 받지 못했습니다
gmail-denied-text = Gatepost는 이 계정으로 메일을 보낼 수 없습니다. 허용하려면 명령을 다시 실행하세요.
gmail-other-title = 여기에는 아무것도 없습니다
gmail-other-text = Gatepost가 이 주소에서 Google의 응답을 기다리고 있지만, 이 요청은 그 응답이 아닙니다.
