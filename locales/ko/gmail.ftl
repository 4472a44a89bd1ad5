# The page that a browser shows after Google's consent page

gmail-allowed-title = 응답을 받았습니다
gmail-allowed-text = 권한을 허용하셨습니다. 이제 Gatepost가 Google에서 토큰을 받아 옵니다. 결과는 터미널에 표시되며, 이 창은 닫아도 됩니다.
gmail-denied-title = 권한을 받지 못했습니다
gmail-denied-text = Gatepost에서 이 계정으로 메일을 보낼 수 없습니다. 허용하려면 명령을 다시 실행해 주세요.
gmail-other-title = 잘못된 요청입니다
gmail-other-text = 이 주소에서는 Google의 응답만 받습니다. 이 요청은 Google의 응답이 아닙니다.
